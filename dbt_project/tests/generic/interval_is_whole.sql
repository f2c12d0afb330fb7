{# Fails on each row whose interval has its ends swapped, or only one end. #}
{% test interval_is_whole(model, low, high) %}
select
    {{ low }},
    {{ high }}
from {{ model }}
where {{ low }} > {{ high }} or ({{ low }} is null) <> ({{ high }} is null)
{% endtest %}
