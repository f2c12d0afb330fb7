{#
  Every posting is counted once, month by month: the column `postings` adds up to that of mart_volume. An empty table
  passes where it `may_be_empty`: its dataset is one that a study need not have.
#}
{% test adds_up_to_the_volume(model, may_be_empty=false) %}
with counted as (
    select
        posting_month,
        sum(postings) as postings
    from {{ model }}
    group by posting_month
),

volume as (
    select
        posting_month,
        sum(postings) as postings
    from {{ ref('mart_volume') }}
    group by posting_month
)

select
    coalesce(counted.posting_month, volume.posting_month) as posting_month,
    counted.postings as counted_postings,
    volume.postings as all_postings
from counted
full outer join volume on counted.posting_month = volume.posting_month
where
    counted.postings is distinct from volume.postings
    {%- if may_be_empty %}
    and (select count(*) from counted) > 0
    {%- endif %}
{% endtest %}
