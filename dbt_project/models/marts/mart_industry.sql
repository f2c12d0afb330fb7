{{ title_by_dimension('industry') }}
