"""What the exercises answer, a module for each notebook: `print(checks.start_here.edited_block(your_answer))`."""

from adde_lite.checks import (
    adde_encoder,
    conditional_similarity,
    disentanglement_analysis,
    memory_and_losses,
    outfit_completion,
    retrieval_evaluation,
    search_at_scale,
    start_here,
    training_on_gpu,
    vae_baseline,
)

__all__ = [
    "adde_encoder",
    "conditional_similarity",
    "disentanglement_analysis",
    "memory_and_losses",
    "outfit_completion",
    "retrieval_evaluation",
    "search_at_scale",
    "start_here",
    "training_on_gpu",
    "vae_baseline",
]
