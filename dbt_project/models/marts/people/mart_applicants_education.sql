{{ applicants_by('education', zh='education') }}
