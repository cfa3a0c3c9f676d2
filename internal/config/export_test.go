package config

// FileKeys lists what may stand in a configuration file, beside sources.
func FileKeys() []string {
	var keys []string
	for _, s := range settings {
		if s.where != flagOnly {
			keys = append(keys, s.key)
		}
	}
	return keys
}
