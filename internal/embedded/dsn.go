package embedded

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// Superuser is the role that owns the cluster.
const Superuser = "postgres"

// port only names the socket file: every server has a directory of its own.
const port = "5432"

// DSN returns the address of a database for a role. The role's password is
// Password(role); CreateRole makes a role that has it.
func (s *Server) DSN(database, role string) string {
	return s.state.dsn(database, role)
}

// AdminDSN returns the address of a database for the superuser.
func (s *Server) AdminDSN(database string) string {
	return s.DSN(database, Superuser)
}

// Password returns the password of a role on this server. It is derived from
// the server's secret, so every process that may attach knows it.
func (s *Server) Password(role string) string {
	return password(s.state.Secret, role)
}

func (st state) dsn(database, role string) string {
	address := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(role, password(st.Secret, role)),
		Path:   "/" + database,
		RawQuery: url.Values{
			"host":    {st.Run},
			"port":    {port},
			"sslmode": {"disable"}, // nothing leaves the machine
		}.Encode(),
	}
	return address.String()
}

func password(secret, role string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(role))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

func newSecret() string {
	return rand.Text()
}

// CreateRole makes a role that may log in with DSN, or gives an existing one
// that password.
func (s *Server) CreateRole(ctx context.Context, role string) error {
	return s.admin(ctx, func(conn *pgx.Conn) error {
		var exists bool
		if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&exists); err != nil {
			return err
		}
		verb := "CREATE"
		if exists {
			verb = "ALTER"
		}
		_, err := conn.Exec(ctx, fmt.Sprintf(`%s ROLE %s LOGIN PASSWORD '%s'`,
			verb, pgx.Identifier{role}.Sanitize(), s.Password(role)))
		return err
	})
}

// CreateDatabase makes a database, owned by a role, unless it exists.
func (s *Server) CreateDatabase(ctx context.Context, database, owner string) error {
	return s.admin(ctx, func(conn *pgx.Conn) error {
		var exists bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&exists)
		if err != nil || exists {
			return err
		}
		_, err = conn.Exec(ctx, fmt.Sprintf(`CREATE DATABASE %s OWNER %s`,
			pgx.Identifier{database}.Sanitize(), pgx.Identifier{owner}.Sanitize()))
		return err
	})
}

// admin does something on the server as the superuser.
func (s *Server) admin(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.AdminDSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return do(conn)
}
