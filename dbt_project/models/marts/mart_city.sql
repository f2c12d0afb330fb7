{{ title_by_dimension('city', ['country'], zh='city') }}
