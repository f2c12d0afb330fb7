{#
  How dbt reads what Python wrote: Parquet shards named by manifests, never found by a glob of *.parquet, which
  would also read the shard of a writer that was killed. What a table means does not belong here.
#}

{% macro literal(value) -%}
  {#- A value as SQL: null, a number, or text with its quotes doubled. -#}
  {%- if value is none -%}null
  {%- elif value is number -%}{{ value }}
  {%- else -%}'{{ value | string | replace("'", "''") }}'
  {%- endif -%}
{%- endmacro %}


{% macro study_home() %}
  {#- The study's folder, or none where only the text of the SQL is wanted (compile, docs, lint). -#}
  {%- set home = var('study_home') -%}
  {%- if home -%}{{ return(home.rstrip('/')) }}{%- endif -%}
  {%- if flags.WHICH in ('build', 'run', 'test', 'show') -%}
    {{ exceptions.raise_compiler_error(
      "No study: pass --vars '{\"study_home\": \"/absolute/path/of/the/study\", \"warehouse\": \"...\"}'"
    ) }}
  {%- endif -%}
  {{ return(none) }}
{% endmacro %}


{% macro source_definition(name) %}
  {{ return(graph.sources['source.jobtide.jobtide.' ~ name]) }}
{% endmacro %}


{% macro files_matching(pattern) %}
  {#- Paths that exist, sorted. Used for manifests and promoted.json only. -#}
  {%- set found = run_query("select file from glob(" ~ literal(pattern) ~ ") order by file") -%}
  {{ return(found.columns[0].values() | list) }}
{% endmacro %}


{% macro promoted_model_version() %}
  {#- The one model version whose classifications are published. -#}
  {%- set home = study_home() -%}
  {%- if home is none or not var('classified') -%}{{ return('none') }}{%- endif -%}
  {%- set path = home ~ '/models/promoted.json' -%}
  {%- if not files_matching(path) -%}
    {{ exceptions.raise_compiler_error(path ~ ": not there; no model of this study was promoted yet") }}
  {%- endif -%}
  {%- set found = run_query(
    "select model_version from read_json(" ~ literal(path) ~ ", columns = {model_version: 'VARCHAR'})"
  ) -%}
  {%- set promoted = found.columns[0].values()[0] -%}
  {%- set stated = var('versions').get('model_version') -%}
  {%- if stated and stated != promoted -%}
    {{ exceptions.raise_compiler_error(
      "versions.model_version is " ~ stated ~ " but " ~ path ~ " names " ~ promoted ~ ": versions are never mixed"
    ) }}
  {%- endif -%}
  {{ return(promoted) }}
{% endmacro %}


{% macro dataset_root(name) %}
  {#- The folder of a dataset; one kept per model version leads to that of the promoted model. -#}
  {%- set layout = source_definition(name).config.meta.layout -%}
  {%- set root = study_home() ~ '/' ~ name -%}
  {%- if layout.per_model -%}{%- set root = root ~ '/model=' ~ promoted_model_version() -%}{%- endif -%}
  {{ return(root) }}
{% endmacro %}


{% macro manifests(name) %}
  {#- [{partition, content (a hash of the rows), rows, files: [absolute path, ...]}, ...] sorted by partition. -#}
  {%- if study_home() is none -%}{{ return([]) }}{%- endif -%}
  {%- set root = dataset_root(name) -%}
  {%- set by_month = source_definition(name).config.meta.layout.by_month -%}
  {%- set pattern = root ~ ('/month=*' if by_month else '') ~ '/manifest.json' -%}
  {%- if not files_matching(pattern) -%}
    {%- set layout = source_definition(name).config.meta.layout -%}
    {%- if layout.get('optional') or (layout.get('of_titles') and not var('classified')) -%}
      {{ return([]) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
      "Dataset " ~ name ~ ": no manifest at " ~ pattern ~ "; run the stage that writes it first"
    ) }}
  {%- endif -%}
  {%- set query -%}
    select
      coalesce(partition, '') as partition,
      content,
      rows,
      filename[: -length('manifest.json') - 1] as folder,
      array_to_string(list_transform(files, lambda f: f.name), chr(10)) as names
    from read_json(
      {{ literal(pattern) }},
      format = 'unstructured',
      filename = true,
      columns = {
        partition: 'VARCHAR', content: 'VARCHAR', rows: 'BIGINT', files: 'STRUCT(name VARCHAR)[]'
      }
    )
    order by partition
  {%- endset -%}
  {%- set found = [] -%}
  {%- for row in run_query(query).rows -%}
    {%- set files = [] -%}
    {%- for file in row['names'].split('\n') -%}{%- do files.append(row['folder'] ~ file) -%}{%- endfor -%}
    {%- do found.append({
      'partition': row['partition'], 'content': row['content'], 'rows': row['rows'], 'files': files
    }) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}


{% macro dataset(name) %}
  {#- A table function over the committed shards of a source, and its edge in the lineage. -#}
  {%- set lineage = source('jobtide', name) -%}
  {%- if not execute -%}{{ return(lineage) }}{%- endif -%}
  {%- set found = manifests(name) -%}
  {%- if not found -%}
    {%- set columns = [] -%}
    {%- for column in source_definition(name).columns.values() -%}
      {%- do columns.append('cast(null as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
    {%- endfor -%}
    {{ return('(select ' ~ columns | join(', ') ~ ' where false)') }}
  {%- endif -%}
  {%- set files = [] -%}
  {%- for manifest in found -%}
    {%- for file in manifest.files -%}{%- do files.append(literal(file)) -%}{%- endfor -%}
  {%- endfor -%}
  {#- hive_partitioning off: the folder `month=` would otherwise become a column beside posting_month. -#}
  {{ return('read_parquet([' ~ files | join(', ') ~ '], hive_partitioning = false)') }}
{% endmacro %}


{% macro document(name) %}
  {#- A table function over a source that is one JSON file, and its edge in the lineage; no row where it is not there. -#}
  {%- set lineage = source('jobtide', name) -%}
  {%- if not execute -%}{{ return(lineage) }}{%- endif -%}
  {%- set definition = source_definition(name) -%}
  {%- set path = (study_home() or '') ~ '/' ~ definition.config.meta.layout.document -%}
  {%- set columns = [] -%}
  {%- if study_home() is none or not files_matching(path) -%}
    {%- for column in definition.columns.values() -%}
      {%- do columns.append('cast(null as ' ~ column.data_type ~ ') as ' ~ column.name) -%}
    {%- endfor -%}
    {{ return('(select ' ~ columns | join(', ') ~ ' where false)') }}
  {%- endif -%}
  {%- for column in definition.columns.values() -%}
    {%- do columns.append(column.name ~ ': ' ~ literal(column.data_type)) -%}
  {%- endfor -%}
  {{ return('read_json(' ~ literal(path) ~ ", format = 'unstructured', columns = {" ~ columns | join(', ') ~ '})') }}
{% endmacro %}
