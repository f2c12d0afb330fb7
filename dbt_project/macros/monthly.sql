{#
  A materialization for tables that would not fit into memory at once: the model's SQL is run month by month, each month a
  statement of its own, so that memory stays flat however many months there are. Only months whose fingerprint changed
  are made again; those that are gone are dropped. In the SQL, `this_month()` stands for the month and
  `this_fingerprint()` for its fingerprint. Every such table has the columns posting_month and input_fingerprint. Config
  `meta: {of_roles: true}`: the rows depend on the roles and scopes of the study too.

  Each statement is committed by itself. A build that was stopped goes on with the months that are missing; and DuckDB
  2.0.0 shows no row of a table that was made and filled by large parallel inserts in one transaction until its next
  checkpoint.
#}

{% macro this_month() %}'@month@'{% endmacro %}
{% macro this_fingerprint() %}'@fingerprint@'{% endmacro %}


{% materialization monthly, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set months = cube_months(role_settings() if config.get('meta', {}).get('of_roles') else '') -%}
  {{ run_hooks(pre_hooks) }}

  {%- set held = [] -%}
  {%- if existing is not none and not should_full_refresh() -%}
    {%- for row in run_query("select distinct posting_month, input_fingerprint from " ~ existing).rows -%}
      {%- do held.append([row[0], row[1]]) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- set kept = [] -%}
  {%- for month in months if month in held -%}{%- do kept.append(month) -%}{%- endfor -%}

  {%- if kept -%}
    {%- call statement('drop_changed') -%}
      delete from {{ target }} where (posting_month, input_fingerprint) not in (values {{ month_values(kept) }})
    {%- endcall -%}
    {%- do adapter.commit() -%}
  {%- else -%}
    {%- if existing is not none -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
    {%- call statement('empty') -%}
      create table {{ target }} as select * from ({{ sql }}) where false
    {%- endcall -%}
    {%- do adapter.commit() -%}
  {%- endif -%}

  {%- for month in months if month not in kept -%}
    {%- call statement('month_' ~ loop.index) -%}
      insert into {{ target }} by name
      {{ sql | replace('@month@', month[0]) | replace('@fingerprint@', month[1]) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
  {%- endfor -%}
  {%- call statement('main') -%} select 1 {%- endcall -%}

  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}
