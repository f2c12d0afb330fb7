{{ role_shares('city', 'city', beside=['country'], zh='city') }}
