{#
  A quantile of values that are counted: `up_to` is the number of values up to this one in order, `n` of all. It lies at
  place (n - 1) * percent / 100, counted from 0, between its two neighbours where that is no whole number, as
  quantile_cont has it (Hyndman and Fan's type 7). DECIMALs and whole numbers alone: the same in every run.
#}

{% macro counted_quantile(percent, value, up_to, n) -%}
{%- set hundredths = '(any_value(' ~ n ~ ') - 1) * ' ~ percent -%}
{%- set below = 'min(' ~ value ~ ') filter (where ' ~ up_to ~ ' > (' ~ n ~ ' - 1) * ' ~ percent ~ ' // 100)' -%}
{%- set above = 'min(' ~ value ~ ') filter (where ' ~ up_to ~ ' > ((' ~ n ~ ' - 1) * ' ~ percent ~ ' + 99) // 100)' -%}
round(
        {{ below }} + ({{ above }} - {{ below }}) * (({{ hundredths }}) % 100)::decimal(4, 0) * 0.01,
        2
    )::double
{%- endmacro %}
