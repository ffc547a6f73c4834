package catalog

// SetLook makes pages look at fewer rows.
func (s *Service) SetLook(n int) { s.look = n }
