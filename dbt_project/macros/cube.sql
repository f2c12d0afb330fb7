{#
  What makes the cube incremental: a month is recounted when the manifests of its postings or classifications, the
  promoted model, or the SQL behind the counts have changed; a month that is gone is dropped.
#}

{% macro counting_code() %}
  {#- The SQL, from the staging views on, and the bands that decide what a month's counts are. -#}
  {%- set code = [graph.nodes['seed.jobtide.experience_bands'].checksum.checksum] -%}
  {%- set models = [
    'stg_postings', 'stg_classifications', 'int_experience_years', 'int_classified_postings', 'int_counted_postings'
  ] -%}
  {%- for name in models -%}
    {%- do code.append(graph.nodes['model.jobtide.' ~ name].raw_code) -%}
  {%- endfor -%}
  {{ return(code | join('|')) }}
{% endmacro %}


{% macro cube_months(settings='') %}
  {#-
    [[posting_month, fingerprint of all that the month's counts depend on], ...] for the model that calls it.
    settings: what they depend on beside the data and the SQL, such as the roles of the study.
  -#}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set constant = [promoted_model_version(), local_md5(counting_code() ~ model.raw_code ~ settings)] -%}
  {%- set classified = {} -%}
  {%- for manifest in manifests('classifications') -%}
    {%- do classified.update({manifest.partition: manifest.content}) -%}
  {%- endfor -%}
  {%- set months = [] -%}
  {%- for manifest in manifests('postings') -%}
    {%- set parts = [manifest.content, classified.get(manifest.partition, '')] + constant -%}
    {%- do months.append([manifest.partition, local_md5(parts | join('|'))]) -%}
  {%- endfor -%}
  {{ return(months) }}
{% endmacro %}


{% macro month_values(months) -%}
  {#- The rows of a VALUES list; one row of nulls, which joins nothing, where there are no months. -#}
  {%- for month in months -%}
    ({{ literal(month[0]) }}, {{ literal(month[1]) }}){{ ", " if not loop.last }}
  {%- else -%}
    (cast(null as varchar), cast(null as varchar))
  {%- endfor -%}
{%- endmacro %}
