{{ applicants_by('major', zh='major') }}
