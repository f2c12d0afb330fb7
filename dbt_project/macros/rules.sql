{# The rules of a column, as the test `keeps_its_rules` reads them from its `config.meta`. #}

{% macro column_rules(column, rules) %}
  {#- [[what is demanded, SQL that is true of a row at fault], ...] of one column. -#}
  {%- set checks = [] -%}
  {%- if rules.filled -%}
    {%- do checks.append([column ~ ': filled', column ~ ' is null']) -%}
  {%- endif -%}
  {%- for name, sign in [['least', '<'], ['most', '>']] if name in rules -%}
    {%- set bound = var(rules[name]) if rules[name] is string else rules[name] -%}
    {%- do checks.append([column ~ ': at ' ~ name ~ ' ' ~ bound, column ~ ' ' ~ sign ~ ' ' ~ bound]) -%}
  {%- endfor -%}
  {%- if 'month' in rules -%}
    {%- set pattern = "'[0-9]{4}-(0[1-9]|1[0-2])'" if rules.month == 'known' else "'[0-9]{4}-(0[1-9]|1[0-2])|unknown'" -%}
    {%- do checks.append([column ~ ': a month', 'not regexp_full_match(' ~ column ~ ', ' ~ pattern ~ ')']) -%}
  {%- endif -%}
  {%- if 'one_of' in rules -%}
    {%- set known = [] -%}
    {%- for value in rules.one_of -%}{%- do known.append(literal(value)) -%}{%- endfor -%}
    {%- do checks.append([
      column ~ ': one of ' ~ rules.one_of | join(', '), column ~ ' not in (' ~ known | join(', ') ~ ')'
    ]) -%}
  {%- endif -%}
  {%- if 'flags' in rules -%}
    {%- set known = "['', '" ~ rules.flags | join("', '") ~ "']" -%}
    {%- do checks.append([
      column ~ ': no flags but ' ~ rules.flags | join(', '),
      'not list_has_all(' ~ known ~ ", string_split(" ~ column ~ ", ','))"
    ]) -%}
  {%- endif -%}
  {%- for name in rules if name not in ['filled', 'least', 'most', 'month', 'one_of', 'flags'] -%}
    {{ exceptions.raise_compiler_error("column " ~ column ~ ": there is no rule " ~ name ~ "; see keeps_its_rules") }}
  {%- endfor -%}
  {{ return(checks) }}
{% endmacro %}
