{#
  The grain that "One row per ..." promises. Fails on each key that stands on several rows.
  newest_month: of a table that is built month by month, look at its newest month alone: each month is made by the same
  grouping, and all months of 180 million postings do not fit into memory. A month that was inserted twice is found by the
  test that its cells add up to the volume.
#}
{% test unique_combination(model, columns, newest_month=false) %}
select
    {{ columns | join(', ') }},
    count(*) as rows_with_this_key
from {{ model }}
{%- if newest_month %}
where posting_month = (select max(posting_month) from {{ model }})
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
