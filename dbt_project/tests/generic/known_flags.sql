{# Fails on each flag that the reader of this mart was not told about. #}
{% test known_flags(model, column_name, known) %}
select flag
from (
    select unnest(string_split({{ column_name }}, ',')) as flag
    from {{ model }}
    where {{ column_name }} <> ''
)
where flag not in ('{{ known | join("', '") }}')
{% endtest %}
