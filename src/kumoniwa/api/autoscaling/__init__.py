"""Auto Scaling: nothing here is scaled, and this is what those are answered who ask."""
