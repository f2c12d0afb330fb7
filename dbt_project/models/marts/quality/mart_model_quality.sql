select
    scored.evaluation,
    scored.encoder,
    scored.cross_fitted,
    scored.labels,
    scored.titles,
    scored.held_out,
    round(scored.accuracy, 6) as accuracy,
    round({{ wilson('scored.accuracy', 'scored.held_out', '-') }}, 6) as accuracy_low,
    round({{ wilson('scored.accuracy', 'scored.held_out', '+') }}, 6) as accuracy_high,
    round(scored.top_5, 6) as top_5,
    round(scored.macro_f1, 6) as macro_f1,
    round(scored.calibration_error, 6) as calibration_error,
    {{ version_columns() }}
from {{ ref('stg_model_scores') }} as scored
cross join {{ ref('int_versions') }} as versions
order by scored.evaluation
