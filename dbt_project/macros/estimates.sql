{#
  Reading the long table of estimates. What its columns mean stands with the source.
#}

{% macro of_kind(column, kind) -%}
  {#- The one value of `column` in the group's row of this method and estimand. -#}
  max({{ column }}) filter (where kind = '{{ kind }}')
{%- endmacro %}


{% macro by_verdict_method(name) -%}
  {#- The column of the method that the group's verdict stands on. -#}
  case verdict_method
    when 'panel' then panel_{{ name }}
    when 'corrected' then corrected_{{ name }}
    else raw_{{ name }}
  end
{%- endmacro %}
