"""A run on its way: everything that its next step depends on, as tensors and facts and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from adde_lite.training.checkpoints import Checkpoint, CheckpointError, Checkpoints

if TYPE_CHECKING:
    from lightning.fabric import Fabric


@dataclass
class Run:
    """What moves while a model is trained.

    Args:
        network, optimiser, schedule: what the steps change.
        average: the running average of the weights, if there is one.
        steps: whole batches of an epoch.
        epoch, step: of the next batch, both from 0.
        rows: of the epochs that are done, as in `History`.
        sums: of each loss term over the steps of this epoch.
        cpu_seconds: spent before this process took over.
        best: the weights of the epoch with the least validation loss.
        random: the random state that a checkpoint held, uint8, by device.
    """

    network: nn.Module
    optimiser: Any
    schedule: Any
    average: AveragedModel | None
    steps: int
    epoch: int = 0
    step: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
    sums: dict[str, Tensor] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    random: dict[str, Tensor] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Steps taken since the beginning."""
        return self.epoch * self.steps + self.step

    def save(self, checkpoints: Checkpoints, fabric: "Fabric") -> None:
        """Write a checkpoint; the first process does.

        Raises:
            CheckpointError: it cannot be written.
        """
        if not fabric.is_global_zero:
            return
        state = self.optimiser.state_dict()
        moments = {f"{index}.{name}": value for index, entry in state["state"].items() for name, value in entry.items()}
        average = self.average.state_dict() if self.average is not None else {}
        groups = {
            "network": self.network.state_dict(),
            "optimiser": moments,
            "average": average,
            "best": self.best,
            "sums": self.sums,
            "random": _random_state(fabric),
        }
        tensors = {f"{group}.{name}": value for group, entries in groups.items() for name, value in entries.items()}
        facts = {
            "epoch": self.epoch,
            "step": self.step,
            "rows": self.rows,
            "cpu_seconds": self.cpu_seconds,
            "groups": state["param_groups"],
            "schedule": self.schedule.state_dict(),
        }
        checkpoints.save(self.done, tensors, facts)

    def resume(self, checkpoints: Checkpoints, fabric: "Fabric") -> bool:
        """Take up the newest whole checkpoint, the same in all processes; False where there is none.

        Raises:
            CheckpointError: as `Checkpoints.newest`, one that other processes than the first do not see, or one whose
                tensors do not fit.
        """
        found, trouble = None, None
        if fabric.is_global_zero:
            try:
                found = checkpoints.newest()
            except CheckpointError as error:
                trouble = error
        step, trouble = fabric.broadcast((found.step if found else None, trouble))
        if trouble is not None:
            raise trouble
        if step is None:
            return False
        found = found or checkpoints.load(step)
        try:
            self._take(found, fabric)
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            reason = f"the checkpoint of step {step} does not fit the model ({error})"
            raise CheckpointError(checkpoints.folder, reason, "Delete it to start anew.") from error
        return True

    def _take(self, checkpoint: Checkpoint, fabric: "Fabric") -> None:
        tensors, facts = checkpoint.tensors, checkpoint.facts
        parameters = [parameter for group in self.optimiser.param_groups for parameter in group["params"]]
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", tensors).items():
            index, moment = name.split(".")
            like = parameters[int(index)]
            # Files hold plain strides; the fused step walks parameter and moment in the same memory order.
            ordered = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            moments.setdefault(int(index), {})[moment] = ordered
        self.network.load_state_dict(_under("network.", tensors))
        if self.average is not None:
            self.average.load_state_dict(_under("average.", tensors))
        self.optimiser.load_state_dict({"state": moments, "param_groups": facts["groups"]})
        self.schedule.load_state_dict(facts["schedule"])
        self.epoch, self.step = facts["epoch"], facts["step"]
        self.rows, self.cpu_seconds = facts["rows"], facts["cpu_seconds"]
        self.sums = {name: value.to(fabric.device) for name, value in _under("sums.", tensors).items()}
        self.best = _under("best.", tensors)
        self.random = _under("random.", tensors)

    def restore_random_state(self, fabric: "Fabric") -> None:
        """What the model itself draws, such as codes, goes on where the checkpoint left it."""
        torch.set_rng_state(self.random["cpu"].clone())  # a view into a larger tensor would crash torch 2.15
        if fabric.device.type == "cuda" and "cuda" in self.random:
            torch.cuda.set_rng_state(self.random["cuda"].clone(), fabric.device)


def _random_state(fabric: "Fabric") -> dict[str, Tensor]:
    """By device. It is the same in all processes: each draws for the whole batch and takes its slice."""
    state = {"cpu": torch.get_rng_state()}
    if fabric.device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(fabric.device)
    return state


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
