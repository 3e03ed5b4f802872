from importlib.metadata import version as version_of
from typing import Any

import earwitness

project = "Earwitness"
author = "The Earwitness contributors"
project_copyright = author
release = version = version_of("earwitness")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
napoleon_use_ivar = True
# A name of ours that leads nowhere is an error. Others' would need the network to look up.
nitpick_ignore_regex = [("py:.*", r"(?!earwitness\b).*")]


def lead_home(app: Any, env: Any, node: Any, text: Any) -> Any:
    """Annotations name the module where a class lives; the reference documents its public name."""
    name = node.get("reftarget", "").rpartition(".")[2]
    if name not in earwitness.__all__:
        return None
    python = env.domains["py"]
    target = f"earwitness.{name}"
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def setup(app: Any) -> None:
    app.connect("missing-reference", lead_home)
