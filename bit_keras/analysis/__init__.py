"""What a network looked at: heat maps that add up, and where the evidence lies."""

from bit_keras._lazy import lazy_attributes

__getattr__, __dir__ = lazy_attributes(
    __name__,
    {
        ".attention": (
            "attention_of",
            "filters",
            "mean_attention_distance",
            "on_grid",
            "position_similarity",
            "rollout",
        ),
        ".classes": ("evidence_of_classes",),
        ".cost": ("exaflops", "multiply_adds"),
        ".heat_maps": ("HeatMaps", "directions", "heat_map"),
        ".photographs": ("explain",),
    },
)
