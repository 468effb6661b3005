import Foundation
import TestSupport
import Testing

@testable import Telemetry

/// Which refusals of a database or a pooler pass, and which last until a person changes something.
@Suite(.serialized) struct RefusalTests {
  @Test(
    "words and SQLSTATEs tell what passes",
    arguments: [
      ("28P01", "password authentication failed for user \"a\"", PostgresFailure.Kind.lasting, "correct user"),
      ("28000", "role \"a\" does not exist", .lasting, "correct it in the URL"),
      ("3D000", "Datenbank »x« existiert nicht", .lasting, "correct the database"),
      ("42P01", "relation \"sales\" does not exist", .lasting, ""),
      ("42501", "permission denied for schema public", .lasting, "grant this"),
      ("3F000", "no schema has been selected to create in", .lasting, "search_path"),
      ("08P01", "no such database: sales", .lasting, "[databases] of the pooler"),
      ("08P01", "unsupported startup parameter: options", .lasting, "ALTER ROLE"),
      ("08P01", "unsupported startup parameter in options: search_path", .lasting, "ALTER ROLE"),
      ("08P01", "transaction blocks not allowed in statement pooling mode", .lasting, "pool_mode"),
      ("08P01", "\"trust\" authentication failed", .lasting, "user and password"),
      ("", "connection to server at \"db\" failed: fe_sendauth: no password supplied", .lasting, "password"),
      ("08P01", "query_wait_timeout", .passing, ""),
      ("08P01", "server conn crashed?", .passing, ""),
      ("08P01", "no more connections allowed (max_client_conn)", .passing, ""),
      ("08P01", "server login has been failing, try again later (server_login_retry)", .passing, ""),
      ("08P01", "database \"sales\" is disabled", .passing, ""),
      ("08006", "", .passing, ""), ("53300", "too many clients already", .passing, ""),
      ("57P03", "the database system is starting up", .passing, ""), ("57014", "canceling statement", .passing, ""),
      ("40001", "could not serialize access", .passing, ""), ("40P01", "deadlock detected", .passing, ""),
      ("55P03", "canceling statement due to lock timeout", .passing, ""),
      ("25006", "cannot execute INSERT in a read-only transaction", .passing, ""),
      ("", "connection to server at \"db\" (10.0.0.1), port 5432 failed: Connection refused", .passing, ""),
      ("", "could not translate host name \"db\" to address: Name or service not known", .passing, ""),
      ("22P02", "invalid input syntax for type json", .values, ""), ("23505", "duplicate key", .values, ""),
    ])
  func kinds(state: String, message: String, kind: PostgresFailure.Kind, mend: String) {
    let failure = PostgresFailure(state: state, message: message)
    #expect(failure.kind == kind)
    #expect(mend.isEmpty ? failure.mend == nil || kind == .lasting : failure.reason.contains(mend), "\(failure.reason)")
  }

  @Test func `libpq's verbose words give the SQLSTATE in any language`() {
    let failure = PostgresFailure(
      verbose: """
        Verbindung zum Server auf »10.0.0.1«, Port 5432 fehlgeschlagen: ВАЖНО:  28P01: пароль не подошёл
        LOCATION:  auth_failed, auth.c:334

        """)
    #expect(failure.state == "28P01" && failure.kind == .lasting)
    #expect(
      failure.message
        == "Verbindung zum Server auf »10.0.0.1«, Port 5432 fehlgeschlagen: ВАЖНО:  пароль не подошёл")
  }

  @Test func `values are never quoted`() {
    let error = TelemetryError(PostgresFailure(state: "22P02", message: "bad: secret"), store: "s", purpose: "store it")
    #expect(error.isAboutRows && !error.isTransient && !"\(error)".contains("secret"))
  }

  @Test(
    "a server refuses for good: no second try, no rows lost, and what to do",
    .enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func server() async throws {
    try await withPostgres { server in
      let admin = try PostgresConnection(url: server.url)
      try admin.command(
        "CREATE ROLE locked NOLOGIN; CREATE ROLE poor LOGIN; REVOKE ALL ON ALL TABLES IN SCHEMA public FROM poor")
      let cases = [
        ("apus@/postgres", "apus@/nowhere", "\"nowhere\" does not exist"),
        ("apus@", "locked@", "LOGIN"), ("apus@", "nobody@", "\"nobody\" does not exist"),
        ("apus@", "poor@", "permission denied"),
      ]
      for (word, other, expected) in cases {
        try await refuses(server.url.replacing(word, with: other), expected)
      }
      // Words that nobody has listed: the SQLSTATE decides, here 42704.
      try await refuses(server.url + "&options=-c%20no_such_setting%3D1", "unrecognized configuration parameter")
    }
  }

  @Test(
    "a pooler refuses for good in its own words",
    .enabled(
      if: TemporaryServer.programs != nil && TemporaryPooler.program != nil,
      "PostgreSQL's programs or pgbouncer are not installed"))
  func pooler() async throws {
    try await withPooler { pooler in
      try await refuses(pooler.url(database: "nowhere"), "[databases] of the pooler")
      try await refuses(pooler.url(database: "ghost"), "\"nowhere\" does not exist")
      try await refuses(pooler.url(user: "stranger"), "correct user and password")
      try await refuses(pooler.url("&options=-c%20search_path%3Dx"), "unsupported startup parameter: options")
    }
    var settings = TemporaryPooler.Settings()
    settings.mode = "statement"
    try await withPooler(settings) { pooler in
      try await refuses(pooler.url(), "set the pooler's pool_mode to transaction or session")
    }
    settings.mode = "transaction"
    settings.maximumClients = 1
    try await withPooler(settings) { pooler in
      let first = try PostgresConnection(url: pooler.url())
      do throws(TelemetryError) {
        try await openTelemetryStore(at: pooler.url()).prepare()
        Issue.record("one client is there already")
      } catch {
        #expect(error.isTransient, "\(error)")
      }
      #expect(first.isUsable)
    }
  }

  private func refuses(_ url: String, _ words: String) async throws {
    let store = try openTelemetryStore(at: url)
    do throws(TelemetryError) {
      try await store.append([aPrediction("a")], of: census)
      Issue.record("\(url) was not refused")
    } catch {
      #expect(error.isLasting && !error.isTransient && !error.isAboutRows, "\(error)")
      #expect(error.description.contains(words), "\(error)")
    }
    await store.close()
  }
}
