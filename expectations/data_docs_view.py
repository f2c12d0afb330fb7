"""How the pages of the Data Docs look: Great Expectations' view, made to work offline and without scripts.

What belongs here: templates that take the place of Great Expectations' own, and escaping. What does not: what
the pages say. Great Expectations loads this module by its name; nothing else imports it, because it imports
Great Expectations itself.

Great Expectations' templates fetch styles, fonts, a logo and eight scripts from six hosts, build the index
with one of those scripts, and do not escape every string. Here the few templates that do so are replaced:
one inline style, tables and folds in plain HTML, plain strings escaped. A content security policy in every
page forbids scripts and requests, should a string get through after all.
"""

from __future__ import annotations

import html
from typing import Any

from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader, pass_context

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #1a7f37; --bad: #c62828; }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
header { padding: .8rem 1.5rem; border-bottom: 1px solid var(--line); }
header a { font-weight: 600; text-decoration: none; margin-right: 1rem; }
.layout { display: flex; gap: 2rem; padding: 1rem 1.5rem; align-items: flex-start; }
nav.contents { flex: 0 0 13rem; position: sticky; top: 1rem; max-height: 95vh; overflow: auto; }
nav.contents ul { list-style: none; padding: 0; margin: 0; }
nav.contents a { overflow-wrap: anywhere; }
main { flex: 1; min-width: 0; }
@media (max-width: 800px) { .layout { display: block; } nav.contents { position: static; } }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
th:first-child, td:first-child .fas { white-space: nowrap; }
thead th { background: var(--soft); }
.alert { border-bottom: 2px solid var(--line); margin-top: 1rem; }
.badge { background: var(--soft); border: 1px solid var(--line); border-radius: .3rem; padding: 0 .3rem;
  font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; }
.fas { font-style: normal; font-weight: 700; }
.fa-check-circle::before { content: "\\2713 ok"; color: var(--good); }
.fa-times::before { content: "\\2717 failed"; color: var(--bad); }
.fa-comment::before { content: "why"; font-weight: 400; }
.fa-exclamation-triangle::before { content: "!"; color: var(--bad); }
div[style="color:red;"] { color: inherit !important; }
.cooltip > span:last-child { display: none; }
summary { cursor: pointer; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.2rem; } h5, h6 { font-size: 1rem; margin: .8rem 0 .2rem; }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
    <meta name="referrer" content="no-referrer">
    <title>{{ (page_title or "Data Docs") | e }}</title>
    <style>{{ offline_style }}</style>
  </head>
  <body>
    {% set depth = (expectation_suite_name or "").count(".") %}
    {% if "ValidationResults" in renderer_type %}{% set home = (depth + 4) * "../" %}
    {% elif "ExpectationSuite" in renderer_type %}{% set home = (depth + 1) * "../" %}
    {% else %}{% set home = "" %}{% endif %}
    <header><a href="{{ home }}index.html">Data Docs</a> {{ (page_title or "") | e }}</header>
    <div class="layout">
      {% if renderer_type != "SiteIndexPageRenderer" %}
      <nav class="contents"><ul>
        {% for section in sections %}
        <li><a href="#section-{{ loop.index }}">{{ (section["section_name"] or "") | e }}</a></li>
        {% endfor %}
      </ul></nav>
      {% endif %}
      <main>
        {% for section in sections %}
          {% set section_loop = loop -%}
          {% include 'section.j2' %}
        {% endfor %}
      </main>
    </div>
  </body>
</html>
"""

TABLE = """{% include 'content_block_header.j2' %}
<table>
  <thead><tr>{% for column in content_block["table_columns"] %}<th>{{ column["title"] | e }}</th>{% endfor %}
  <th>Page</th></tr></thead>
  <tbody>
  {% for row in content_block["table_data"] | sort(attribute="_table_row_link_path")
    | render_bootstrap_table_data %}
    <tr>
    {% for column in content_block["table_columns"] %}
    <td>{{ row[column["field"]] if row[column["field"]] is not none else "" }}</td>
    {% endfor %}
    <td><a href="{{ row["_table_row_link_path"] | e }}">open</a></td>
    </tr>
  {% endfor %}
  </tbody>
</table>
"""

FOLD = """<details>
  <summary>{{ content_block.get("collapse_toggle_link", "Show more") | render_content_block }}</summary>
  {% include 'content_block_header.j2' %}
  {% for block in content_block["collapse"] %}{{ block | render_content_block }}{% endfor %}
</details>
"""

TABS = """{% for tab in content_block["tabs"] %}
<h2>{{ tab.get("tab_name", "") | e }}</h2>
{{ tab.get("tab_content") | render_content_block(content_block_id=content_block_id ~ "-" ~ loop.index) }}
{% endfor %}
"""

TEMPLATES = {
    "page.j2": PAGE,
    "index_page.j2": PAGE,
    "bootstrap_table.j2": TABLE,
    "collapse.j2": FOLD,
    "tabs.j2": TABS,
    # No expectation of ours draws a graph, and Great Expectations' template for one needs scripts.
    "graph.j2": "",
}


class _Offline:
    """Puts our templates before Great Expectations' own, and escapes plain strings."""

    env: Any

    def _prefer_our_templates(self) -> None:
        self.env.loader = ChoiceLoader([DictLoader(TEMPLATES), self.env.loader])
        self.env.globals["offline_style"] = STYLE
        render = self.env.filters["render_content_block"]

        @pass_context
        def escaping(context: Any, block: Any, *arguments: Any, **named: Any) -> Any:
            if isinstance(block, str):
                return html.escape(block)
            return render(context, block, *arguments, **named)

        self.env.filters["render_content_block"] = escaping


class OfflinePageView(_Offline, DefaultJinjaPageView):
    """A page of a suite or of a validation result."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prefer_our_templates()


class OfflineIndexView(_Offline, DefaultJinjaIndexPageView):
    """The index of suites and validation results."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prefer_our_templates()
