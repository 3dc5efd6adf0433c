"""What a device does in a second: training, extraction and edits, measured alike everywhere, and kept on record.

`python -m adde_lite.throughput` measures this machine in the active profile.
"""

from adde_lite.throughput.clock import Clock, Effort, Rate, clock_for, measured
from adde_lite.throughput.editing import edit_rate
from adde_lite.throughput.extraction import decoding_rate, embedded, extraction_rate, from_files_rate, write_jpegs
from adde_lite.throughput.machine import cores
from adde_lite.throughput.records import NOT_MEASURED, by_machine, entry, record, recorded
from adde_lite.throughput.step_parts import StepParts, step_profile
from adde_lite.throughput.surveying import random_images, survey
from adde_lite.throughput.training_step import PLAIN, Choices, TrainingStep, training_rate
from adde_lite.throughput.trying import Tried, one_at_a_time, try_choices

__all__ = [
    "NOT_MEASURED",
    "PLAIN",
    "Choices",
    "Clock",
    "Effort",
    "Rate",
    "StepParts",
    "TrainingStep",
    "Tried",
    "by_machine",
    "clock_for",
    "cores",
    "decoding_rate",
    "edit_rate",
    "embedded",
    "entry",
    "extraction_rate",
    "from_files_rate",
    "measured",
    "one_at_a_time",
    "random_images",
    "record",
    "recorded",
    "step_profile",
    "survey",
    "training_rate",
    "try_choices",
    "write_jpegs",
]
