/** Messages of failures as agents report them, none of which discloses anything: each must pass as it is. */
export const INNOCENT_MESSAGES: readonly string[] = `
token limit exceeded
Token limit exceeded: 4096
max tokens 4096 reached
max_tokens=4096 exceeds the model's limit of 2048
This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.
password field missing in form schema
password: required
password is required
Password must contain at least 8 characters
the password is incorrect
invalid password
password reset mail could not be sent
password policy: minimum length 12
secret santa tool failed
secret not found: payments
secret is missing
missing secret: DATABASE_URL
the secret was rotated while the tool ran
secret manager unavailable
api_key missing
API key is invalid
api key: not provided
No API key provided
Incorrect API key provided
OPENAI_API_KEY is not set
The environment variable OPENAI_API_KEY is missing
api_key=None
api_key=***
token=null
token: expired
Token is expired
invalid token
Unexpected token } in JSON at position 4
Unexpected token: <EOF>
Unexpected token: identifier
unexpected token: unexpected end of JSON
SyntaxError: Unexpected token 'o', "not json" is not valid JSON
CSRF token: missing
CSRF token mismatch
stop token reached before the answer was complete
rate limit reached: 60000 tokens per min
tokens: 512
input_tokens=1024 output_tokens=256
token count: 8192
token: 4096
token 17 of 4096 could not be decoded
refresh token revoked
bearer token missing
Bearer authentication failed
Basic authentication is not supported
Authorization: required
authorization header missing
authorization failed for user 42
cookie: disabled
signature: mismatch
Signature verification failed
credentials: none
credential provider not found
no credentials found in the environment
timeout after 30000 ms
TimeoutError: the request took longer than 30 s
ECONNREFUSED 127.0.0.1:5432
connect ETIMEDOUT 10.0.0.12:443
getaddrinfo ENOTFOUND api.example.com
HTTP 429 Too Many Requests
HTTP 503: service unavailable, retry after 30 s
Request failed with status code 404
https://api.example.com/v1/items/42?page=3 answered 500
http://localhost:8080/health answered 503
postgres://db.example.com:5432/app refused the connection
GET https://example.com:8443/path?token=null failed
schema_invalid: expected string, got number at /items/0/price
Value 12345678901234567890 is out of range
order 1234567890123456 not found
id 9007199254740991 is too large
2026-11-21T17:00:00.123456Z is not before 2026-11-20T00:00:00Z
run 0192f0c1-7a3b-7c1d-8e2f-1234567890ab not found
trace 4bf92f3577b34da6a3ce929d0e0e4736 has no root
commit 6f08f2a5d3c1b2a4958677869504132435465768 is unknown
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 does not match
npm error 404 @scope/name@1.2.3 is not in this registry
failed to resolve react@18.2.0
git@github.com:org/repository.git could not be cloned
image ghcr.io/org/app@sha256:9f86d081884c7d65 was not found
user@localhost has no mailbox
sk-learn pipeline failed
sk-learn-pipeline-training-step failed
phone number +1 555 0100 is not valid
version 2024.10.21 is not supported
range 100-200-300 is not valid
123-456-7890 could not be reached
pi is 3.14159265358979
score 4.532015112830366 is too low
12 of 34 steps failed, 56 were skipped
division by zero
Cannot read properties of undefined (reading 'map')
KeyError: 'password'
KeyError: 'api_key'
ValueError: invalid literal for int() with base 10: 'token'
AssertionError: expected 200, got 401
Tool 'send_email' failed: mailbox unavailable
Tool search returned no results
retrieval returned 0 documents
empty_retrieval: index products has no vectors
context deadline exceeded
the model refused to answer
content filter triggered: category violence
finish reason: length
max retries (3) exceeded
circuit breaker open for tool weather
worker lost: lease expired after 30 s
Uncaught exception: ValueError
ENOENT: no such file or directory, open '/etc/app/config.yaml'
permission denied: /var/run/docker.sock
disk full: 0 bytes left on /dev/sda1
column "password" does not exist
relation "secrets" does not exist
duplicate key value violates unique constraint "tokens_pkey"
JSON schema: property secret is not allowed
field 'token' is deprecated
argument --api-key: expected one argument
missing scope secret:read
scope token:write was not granted
credentials:include is not allowed for origin *
ai.settings.token=none
unexpected response: 500, token=null, password=***
`
  .trim()
  .split('\n');
