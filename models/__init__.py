"""Trained parts: data, training scripts, shipped artefacts."""
