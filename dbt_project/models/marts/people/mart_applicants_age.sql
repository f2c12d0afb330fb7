{{ applicants_by('age', zh='age') }}
