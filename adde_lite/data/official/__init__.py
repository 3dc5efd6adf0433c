"""The public ADDE split format: a folder of text files with images, labels, triplets and queries.

    attr_num                 n_a of each attribute, one a line
    imgs_train, imgs_test    path of each image
    labels_train, labels_test    one-hot row (J) of each image; an all-zero block is a missing label
    triplet_train            reference, positive, negative: lines of imgs_train, from 0
    triplet_train_ind        indicator row (J) of each triplet: -1 what goes, +1 what comes
    ref_test                 reference of each query: a line of imgs_test, from 0
    indfull_test, gt_test    indicator and target one-hot row (J) of each query

All end in .txt. They may bear a prefix, as in `mini_imgs_train.txt`; attr_num alone may be shared. The public files
edit one attribute a triplet or query; here several may change at once. Names of attributes and values are not stored.
"""

from adde_lite.data.official.reading import OfficialFiles, OfficialSplit, official_split, read_official
from adde_lite.data.official.writing import write_official

__all__ = ["OfficialFiles", "OfficialSplit", "official_split", "read_official", "write_official"]
