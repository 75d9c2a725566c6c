"""Graphics cards as people name them: memory, speed, what an hour of renting costs."""

from __future__ import annotations

from dataclasses import dataclass

from tools.errors import PlanError
from tools.machine import Gpu
from training.text import Text


@dataclass(frozen=True)
class GpuKind:
    """One kind of card. Speeds are the makers' figures for bf16 (fp16 on a T4) without sparsity."""

    gib: float
    flops: float
    bytes_per_second: float
    usd_per_hour: float
    """A round figure for renting one: our default, to be set with `--set budget.usd_per_hour=`."""


KINDS: dict[str, GpuKind] = {
    "B200": GpuKind(180, 2250e12, 8.0e12, 6.0), "H200": GpuKind(141, 989e12, 4.8e12, 4.0),
    "H100": GpuKind(80, 989e12, 3.35e12, 3.0), "A100-80": GpuKind(80, 312e12, 2.0e12, 2.0),
    "A100": GpuKind(40, 312e12, 1.55e12, 1.5), "L40S": GpuKind(48, 362e12, 0.86e12, 1.2),
    "A6000": GpuKind(48, 155e12, 0.77e12, 0.8), "A40": GpuKind(48, 150e12, 0.70e12, 0.6),
    "5090": GpuKind(32, 210e12, 1.79e12, 0.9), "V100": GpuKind(16, 112e12, 0.9e12, 0.6),
    "4090": GpuKind(24, 165e12, 1.01e12, 0.6), "3090": GpuKind(24, 71e12, 0.94e12, 0.4),
    "L4": GpuKind(24, 121e12, 0.30e12, 0.7), "A10G": GpuKind(24, 125e12, 0.60e12, 1.0), "A10": GpuKind(24, 125e12, 0.60e12, 0.8),
    "4080": GpuKind(16, 97e12, 0.72e12, 0.4), "T4": GpuKind(16, 65e12, 0.30e12, 0.4),
    "4070": GpuKind(12, 58e12, 0.50e12, 0.3), "3060": GpuKind(12, 25e12, 0.36e12, 0.2),
}  # fmt: skip
"""Speeds of H100, H200, A100, L40S, L4, A10G, T4, B200: `get_peak_flops` of trl/trainer/utils.py (published step times).
The others, and all prices, are our defaults. Longer names stand before those they contain."""

UNKNOWN = GpuKind(24, 100e12, 0.6e12, 1.0)
"""Stands for a card nobody listed: slower than most of them, so that no plan promises too much."""


def kind_of(gpu: Gpu) -> GpuKind:
    """Find the kind by the driver's or the person's name; an unknown card keeps its stated memory."""
    name = gpu.name.upper().replace(" ", "")
    if "A100" in name:
        return KINDS["A100-80" if gpu.gib > 60 else "A100"]
    return next((kind for key, kind in KINDS.items() if key in name), UNKNOWN)


def named_cards(name: str, count: int = 1) -> tuple[Gpu, ...]:
    """The cards a person means by `A100:2` or `24 GB`. Raises PlanError for a name nobody knows."""
    plain = name.upper().replace(" ", "").replace("NVIDIA", "").replace("RTX", "")
    if "A100" in plain and "80" in plain:
        return tuple(Gpu("A100-80", 80) for _ in range(count))
    found = next((key for key in KINDS if key in plain), None)
    unit = plain.removesuffix("GIB").removesuffix("GB").removesuffix("G")
    if unit != plain and unit.isdigit():
        return tuple(Gpu(f"{unit} GB card", float(unit)) for _ in range(count))
    if found is None:
        raise PlanError(
            Text("I do not know a graphics card named {name!r}.", name=name),
            where="--gpu",
            what_to_do=Text(
                "Name one of {known}, or its memory, such as 24GB.", known=", ".join(KINDS)
            ),
        )
    return tuple(Gpu(found, KINDS[found].gib) for _ in range(count))
