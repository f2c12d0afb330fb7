"""A Vega-Lite chart as clean inline SVG.

What belongs here: rendering a specification and letting only harmless, repeatable SVG through. What does
not: what a chart shows (figures.py).

Three things are mended on the way. Marks keep only listed elements and attributes, so nothing that a
posting says can act on the page. Vega numbers its clip paths by process, so identifiers are renumbered per
chart and equal data give equal bytes. And a mark's description becomes a <title>, which browsers show as a
tooltip without a script.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from typing import Any

_ELEMENTS = {"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clipPath"}
_ATTRIBUTES = {
    "viewBox",
    "transform",
    "d",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "dx",
    "dy",
    "cx",
    "cy",
    "r",
    "width",
    "height",
    "id",
    "clip-path",
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "font-size",
    "font-weight",
    "font-style",
    "text-anchor",
}
_GEOMETRY = {
    "transform",
    "d",
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "dx",
    "dy",
    "r",
    "width",
    "height",
}
_COLOUR = re.compile(r"none|transparent|#[0-9a-fA-F]{3,8}|var\(--[a-z-]+, #[0-9a-fA-F]{3,8}\)")
_CLIP = re.compile(r"url\(#([A-Za-z0-9_-]+)\)")
_DESCRIBED = {"path", "line", "rect", "circle", "text"}


class UnsafeChartError(ValueError):
    """The renderer produced a document that this module will not read."""


def svg_of(specification: dict[str, Any], key: str, title: str, description: str) -> str:
    """Render a Vega-Lite specification to inline SVG with an accessible title and description.

    `key` is a page-wide unique prefix for identifiers. Runs offline; fonts are left to the page's CSS.
    """
    import vl_convert

    return cleaned(vl_convert.vegalite_to_svg(specification), key, title, description)


def cleaned(svg: str, key: str, title: str, description: str) -> str:
    """Only the harmless parts of `svg`, renumbered, rounded, titled.

    Raises UnsafeChartError for a DTD or bad XML.
    """
    if "<!" in svg or "<?" in svg:
        raise UnsafeChartError("the rendered chart holds a document type, a comment or an instruction")
    try:
        root = ET.fromstring(svg)  # noqa: S314 - our own renderer's output, and documents with entities are refused
    except ET.ParseError as error:
        raise UnsafeChartError(f"the rendered chart is not XML: {error}") from error
    identifiers: dict[str, str] = {}
    body = "".join(_element(child, key, identifiers) for child in root)
    view = root.get("viewBox", "0 0 300 150")
    if not re.fullmatch(r"[\d. -]+", view):
        raise UnsafeChartError(f"the rendered chart has the view box {view!r}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>'
        f"{body}</svg>"
    )


def _element(element: ET.Element, key: str, identifiers: dict[str, str]) -> str:
    name = element.tag.rpartition("}")[2]
    if name not in _ELEMENTS or element.get("opacity") == "0" or element.get("display") == "none":
        return ""
    if name == "rect" and element.get("fill") == "white":
        return ""  # Vega's page background; the page has its own, light or dark
    attributes = []
    for attribute, value in sorted(element.attrib.items()):
        kept = _attribute(attribute, value, key, identifiers)
        if kept is not None:
            attributes.append(f' {attribute}="{escape(kept)}"')
    text = escape(element.text or "", quote=False)
    children = "".join(
        _element(child, key, identifiers) + escape(child.tail or "", quote=False) for child in element
    )
    described = element.get("aria-label") if name in _DESCRIBED else None
    tooltip = f"<title>{escape(described)}</title>" if described else ""
    inside = tooltip + text + children
    if (not inside and name in ("g", "text", "tspan", "defs")) or (name == "path" and not element.get("d")):
        return ""
    return f"<{name}{''.join(attributes)}>{inside}</{name}>" if inside else f"<{name}{''.join(attributes)}/>"


def _attribute(attribute: str, value: str, key: str, identifiers: dict[str, str]) -> str | None:
    if attribute not in _ATTRIBUTES:
        return None
    if attribute in ("fill", "stroke"):
        return value if _COLOUR.fullmatch(value) else None
    if attribute == "id":
        return identifiers.setdefault(value, f"{key}-{len(identifiers)}")
    if attribute == "clip-path":
        found = _CLIP.fullmatch(value)
        if found is None:
            return None
        return f"url(#{identifiers.setdefault(found[1], f'{key}-{len(identifiers)}')})"
    if attribute in _GEOMETRY:
        return re.sub(r"-?\d+\.\d{3,}(?:e-?\d+)?", lambda number: _short(number[0]), value)
    return value


def _short(number: str) -> str:
    return f"{round(float(number), 2) + 0:g}" if abs(float(number)) < 10_000 else f"{float(number):.2f}"
