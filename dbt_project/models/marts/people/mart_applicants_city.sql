{{ applicants_by('city', zh='city') }}
