"""How disentangled is a representation? Every metric of the field: arrays in, a small frozen result out.

Codes are float (N, D), factors int (N, F), numpy or torch. The field `score` of a result is the metric.
"""

from adde_lite.metrics.disentanglement.beta_vae import BetaVAEScore, beta_vae_score
from adde_lite.metrics.disentanglement.dci import DCI, completeness, dci, disentanglement
from adde_lite.metrics.disentanglement.explicitness import Explicitness, explicitness
from adde_lite.metrics.disentanglement.factor_vae import FactorVAEScore, factor_vae_score
from adde_lite.metrics.disentanglement.infomec import InfoMEC, infomec
from adde_lite.metrics.disentanglement.information import entropies, equal_width_bins, mutual_information
from adde_lite.metrics.disentanglement.irs import IRS, irs
from adde_lite.metrics.disentanglement.mig import MIG, mig
from adde_lite.metrics.disentanglement.modularity import Modularity, modularity, modularity_of
from adde_lite.metrics.disentanglement.sap import SAP, sap
from adde_lite.metrics.disentanglement.sources import CodeSource, FactorSpace, LabelledCodes, code_grid
from adde_lite.metrics.disentanglement.table import MetricTable, metric_table
from adde_lite.metrics.disentanglement.unsupervised import Dependence, dependence

__all__ = [
    "DCI",
    "IRS",
    "MIG",
    "SAP",
    "BetaVAEScore",
    "CodeSource",
    "Dependence",
    "Explicitness",
    "FactorSpace",
    "FactorVAEScore",
    "InfoMEC",
    "LabelledCodes",
    "MetricTable",
    "Modularity",
    "beta_vae_score",
    "code_grid",
    "completeness",
    "dci",
    "dependence",
    "disentanglement",
    "entropies",
    "equal_width_bins",
    "explicitness",
    "factor_vae_score",
    "infomec",
    "irs",
    "metric_table",
    "mig",
    "modularity",
    "modularity_of",
    "mutual_information",
    "sap",
]
