{# The arithmetic that several marts share. Changes are fractions, rounded to six digits at the end. #}

{% macro change(current_postings, base_postings) -%}
  round({{ current_postings }} / nullif({{ base_postings }}, 0)::double - 1, 6)
{%- endmacro %}


{% macro share(part, whole) -%}
  round({{ part }} / nullif({{ whole }}, 0)::double, 6)
{%- endmacro %}


{% macro flag_list(conditions) -%}
  {#- conditions: [[flag, SQL condition], ...]; the flags that hold, comma-joined in this order, '' when none. -#}
  concat_ws(
    ','
    {%- for condition in conditions %}
    , case when {{ condition[1] }} then '{{ condition[0] }}' end
    {%- endfor %}
  )
{%- endmacro %}


{% macro in_window(month, side) -%}
  {#- side: base or current. Months compare as text; "unknown" lies in no window. -#}
  {{ month }} between windows.{{ side }}_from and windows.{{ side }}_to
{%- endmacro %}


{% macro version_columns() -%}
  versions.model_version,
    versions.label_version,
    versions.taxonomy_version,
    versions.data_version
{%- endmacro %}


{% macro window_values(windows) -%}
  {#- The study's pairs as rows of a VALUES list. Raises on a key that is missing or a month that is none. -#}
  {%- set names = ['pair', 'base_from', 'base_to', 'current_from', 'current_to'] -%}
  {%- for window in windows -%}
    {%- for name in names if name not in window -%}
      {{ exceptions.raise_compiler_error("windows: no " ~ name ~ " in " ~ window) }}
    {%- endfor -%}
    {%- for name in names[1:] if not modules.re.fullmatch('[0-9]{4}-(0[1-9]|1[0-2])', window[name] | string) -%}
      {{ exceptions.raise_compiler_error("windows: " ~ name ~ " is " ~ window[name] ~ ", not a month YYYY-MM") }}
    {%- endfor -%}
    (
      {%- for name in names -%}{{ literal(window[name] | string) }}, {% endfor -%}{{ loop.index -}}
    ){{ ", " if not loop.last }}
  {%- else -%}
    ({%- for name in names -%}cast(null as varchar), {% endfor -%} 0)
  {%- endfor -%}
{%- endmacro %}


{% macro wilson(share, n, sign) -%}
  {#-
    An end of Wilson's 95 % interval for a share: Wilson 1927, J. Am. Stat. Assoc. 22:209; n may be an effective number.
    sign: '-' for the lower end, '+' for the upper one. Null where n is null or 0.
  -#}
  case
        -- least() and greatest() of DuckDB pass over nulls.
        when {{ share }} is not null and {{ n }} > 0
            then greatest(0, least(1, (
                {{ share }} + 1.920729 / {{ n }} {{ sign }} 1.959964 * sqrt(
                    {{ share }} * (1 - {{ share }}) / {{ n }} + 0.960365 / ({{ n }} * {{ n }})
                )
            ) / (1 + 3.841459 / {{ n }})))
    end
{%- endmacro %}
