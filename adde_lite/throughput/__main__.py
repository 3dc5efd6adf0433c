"""Measure this machine in the active profile and keep the record: `python -m adde_lite.throughput`."""

import torch

from adde_lite.profiles import profile
from adde_lite.throughput.records import RECORD, entry, record
from adde_lite.throughput.surveying import survey


def main() -> None:
    active = profile()
    device = torch.device(active.device)
    if device.type == "cpu":
        torch.set_num_threads(1)  # CPU seconds of several threads cannot be compared
    rates = survey(active)
    record(entry(rates, device, active.name), RECORD)
    for rate in rates:
        each = f"{rate.per_second:14,.1f} {rate.unit} a {rate.second}"
        print(f"{rate.name:36}{each:42} batch {rate.batch:<6}{rate.precision}")
    print(f"written to {RECORD}")


if __name__ == "__main__":
    main()
