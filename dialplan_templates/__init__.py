"""The configuration wire: a view goes in, safe text comes out."""

from dialplan_templates.errors import NotEncoded, Problem, TemplateError, ViewRefused
from dialplan_templates.keeping import with_kept
from dialplan_templates.manifest import Manifest, Step, manifest
from dialplan_templates.render import Draft, draft, lines_to_add, render
from dialplan_templates.views import SwitchView

__all__ = [
    "Draft",
    "Manifest",
    "NotEncoded",
    "Problem",
    "Step",
    "SwitchView",
    "TemplateError",
    "ViewRefused",
    "draft",
    "lines_to_add",
    "manifest",
    "render",
    "with_kept",
]
