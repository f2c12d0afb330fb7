{#
  The Chinese name of a value: that of the seed `names_zh`, else the value itself, as whoever wrote it in the posting.
  Names of cities are given for those of China, Hong Kong and Macau and for Taipei alone; a namesake elsewhere is none.
#}

{% macro joined_name_zh(kind, value, country=none) -%}
left join {{ ref('names_zh') }} as names_zh
    on names_zh.kind = '{{ kind }}' and names_zh.name = {{ value }}
    {%- if country %} and {{ country }} in ('CN', 'HK', 'MO', 'TW'){% endif %}
{%- endmacro %}


{% macro name_zh(value) -%}
coalesce(
        names_zh.name_zh,
        case {{ value }} when 'not stated' then '未说明' when 'other' then '其他' else {{ value }} end
    )
{%- endmacro %}
