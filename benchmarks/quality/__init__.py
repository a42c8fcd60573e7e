"""Quality: figures, floors and how they are taken."""
