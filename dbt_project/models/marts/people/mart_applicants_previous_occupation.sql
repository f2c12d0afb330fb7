{{ applicants_by('previous_occupation', zh='occupation') }}
