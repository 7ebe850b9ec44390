/** The two calls to Amazon, as every contestant makes them. */
const AMAZON = `${process.env.AMAZON_BASE_URL}/version/1.0`;

/** Exchanges a code and fetches the profile: both answers. */
export async function askAmazon(code) {
  const client = { grant_type: "authorization_code", code, client_id: "foodev", client_secret: "foosecret" };
  const token = await ask(`${AMAZON}/auth/o2/token?${new URLSearchParams(client)}`, "POST");
  const { access_token } = token;
  const profile = await ask(`${AMAZON}/user/profile?${new URLSearchParams({ access_token })}`, "GET");
  return { token, profile };
}

async function ask(url, method) {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`Amazon answered ${response.status}`);
  return await response.json();
}
