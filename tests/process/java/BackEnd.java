// A back end that verifies access tokens with the sample of lib/tokens/README.md. It prints the account and the
// entitlements of each token on its standard input, or why it refuses the token.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.InvalidJwtException;
import tokens.AccessTokens;

public final class BackEnd {
    public static void main(String[] args) throws IOException, MalformedClaimException {
        var tokens = new AccessTokens(args[0], args[1]);
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            try {
                var claims = tokens.verify(line);
                System.out.println(claims.getSubject() + " " + claims.getStringListClaimValue("entitlements"));
            } catch (InvalidJwtException error) {
                System.out.println("refused: " + error.getErrorDetails());
            }
        }
    }
}
