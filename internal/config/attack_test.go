package config

import (
	"strings"
	"testing"
)

func TestAttackSecretInline(t *testing.T) {
	const said = "s3cr3t-that-somebody-wrote-here"
	if _, err := clientSecret(besideFolder("/etc/carerecord/config.yaml", said)); err == nil || strings.Contains(err.Error(), said) {
		t.Errorf("%v", err)
	}
}
