"""What the exercises answer, a module for each notebook: `print(checks.start_here.edited_block(your_answer))`."""

from adde_lite.checks import start_here

__all__ = ["start_here"]
