{# Fails on each value that is neither a month YYYY-MM nor, where allowed, `unknown`. #}
{% test month(model, column_name, unknown_allowed=true) %}
select {{ column_name }}
from {{ model }}
where
    not regexp_full_match({{ column_name }}, '[0-9]{4}-(0[1-9]|1[0-2])')
    {%- if unknown_allowed %}
    and {{ column_name }} <> 'unknown'
    {%- endif %}
{% endtest %}
