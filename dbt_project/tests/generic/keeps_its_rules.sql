{#
  All rules of a table's columns in one query: a query a rule took longer than the tables. A rule stands with its column,
  in `config.meta`:

    filled: true            no null
    least: 0, most: 1       both included; nulls pass. A name instead of a number is that of a var.
    month: known            a month YYYY-MM; or_unknown: or `unknown`
    one_of: [a, b]          nulls pass
    flags: [a, b]           comma-joined flags, of these alone

  What needs several columns or another table stands in the arguments. intervals: [[low, high], ...], both ends or none, in
  order. entries: [[column, table, its column], ...], each value, where there is one, is found there.

  The test raises an error that names the table and every rule that fails, with the number of rows.
#}
{% test keeps_its_rules(model, intervals=[], entries=[]) %}
{%- set checks = [] -%}
{%- if execute -%}
  {%- set node = graph.nodes.get('model.jobtide.' ~ model.identifier) or graph.nodes['seed.jobtide.' ~ model.identifier] -%}
  {%- for column in node.columns.values() -%}
    {%- do checks.extend(column_rules(column.name, column.config.meta)) -%}
  {%- endfor -%}
{%- endif -%}
{%- for low, high in intervals -%}
  {%- do checks.append([
    low ~ ' and ' ~ high ~ ': both or none, in order',
    low ~ ' > ' ~ high ~ ' or (' ~ low ~ ' is null) <> (' ~ high ~ ' is null)'
  ]) -%}
{%- endfor -%}
{%- for column, table, key in entries -%}
  {%- do checks.append([
    column ~ ': an entry of ' ~ table.identifier,
    column ~ ' is not null and ' ~ column ~ ' not in (select ' ~ key ~ ' from ' ~ table ~ ')'
  ]) -%}
{%- endfor %}
with counts as (
    select
        {%- for check in checks %}
        count(*) filter (where {{ check[1] }}) as fault_{{ loop.index }},
        {%- endfor %}
        1 as one_row
    from {{ model }}
),

faults as (
    select concat_ws(
        '; ',
        {%- for check in checks %}
        case when fault_{{ loop.index }} > 0 then {{ literal(check[0]) }} || ' fails in rows: ' || fault_{{ loop.index }} end,
        {%- endfor %}
        ''
    ) as faults
    from counts
)

select faults
from faults
where faults <> '' and error({{ literal(model.identifier ~ ': ') }} || faults) is null
{% endtest %}
