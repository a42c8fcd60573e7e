"""From mentions to concepts, and from "it" to what it stands for."""
