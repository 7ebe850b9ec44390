// A back end that verifies access tokens with the sample of lib/tokens/README.md. It prints the account and the
// entitlements of each token on its standard input, or why it refuses the token.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"oneclick.example/backend/tokens"
)

func main() {
	verify, err := tokens.NewVerifier(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Println("no keys:", err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := verify(lines.Text())
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		fmt.Println(claims.Subject, claims.Entitlements)
	}
}
