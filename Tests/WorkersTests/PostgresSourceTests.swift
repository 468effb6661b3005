import Foundation
import TestSupport
import Testing
import WorkerContract
import Workers

@testable import Telemetry

/// Training rows of a PostgreSQL query, straight and through a pooler.
@Suite(.serialized, .enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
struct PostgresSourceTests {
  private static let field = "spec.training.source.postgres"
  private static let query = "SELECT x, colour, y FROM sales"

  private func run(_ query: String, _ url: String, in shop: Workshop) async -> RunResult {
    var specification = SmallWorld.run("file:///unused")
    specification.train?.source = DataSource(
      postgres: .init(connectionSecretRef: .init(name: "db", key: "url"), query: query))
    return await shop.worker(variables: [SourceVariables.source.postgresURL: url]).run(.train, specification)
  }

  private func withSales(_ body: (TemporaryServer) async throws -> Void) async throws {
    let server = try await TemporaryServer()
    let result: Result<Void, any Error>
    do {
      let connection = try await eventually("PostgreSQL accepts connections", every: .milliseconds(50)) {
        try? PostgresConnection(url: server.url)
      }
      try connection.command(
        """
        CREATE TABLE sales AS SELECT i * 37 % 101 AS x, (ARRAY['red', 'green', 'blue'])[1 + i % 3] AS colour,
          CASE WHEN i * 37 % 101 + i * 71 % 29 > 60 THEN 'yes' ELSE 'no' END AS y,
          timestamptz '2025-10-01' + i * interval '1 hour' AS at FROM generate_series(1, 400) i
        """)
      result = .success(try await body(server))
    } catch {
      result = .failure(error)
    }
    try await server.stop()
    try result.get()
  }

  @Test func `a query is told in the person's words, after one try`() async throws {
    try await withSales { server in
      let cases: [(query: String, reason: String, words: [String])] = [
        (Self.query + " WHERE at > '$since'", "SourceUnreadable", ["$since in quotes", "at >= $since"]),
        (Self.query + " WHERE at > $sinc", "SourceUnreadable", ["$sinc", "$since"]),
        (
          "SELECT x, colour, y FROM sales WHERE $since IS NOT NULL", "SourceUnreadable",
          ["$since", "$since::timestamptz"]
        ),
        (Self.query + " WHERE x > $since", "SourceUnreadable", ["invalid input"]),
        ("SELECT x, colr, y FROM sales", "SourceUnreadable", ["\"colr\" does not exist", "colour"]),
        ("SELECT x FROM sale", "SourceUnreadable", ["relation \"sale\" does not exist"]),
        ("SELEC x FROM sales", "SourceUnreadable", ["syntax error at or near \"SELEC\""]),
        ("DELETE FROM sales RETURNING x", "SourceUnreadable", ["read-only", "write a SELECT"]),
        ("SELECT 1; SELECT 2", "SourceUnreadable", ["multiple commands"]),
      ]
      for (query, reason, words) in cases {
        let failure = try #require(await run(query, server.url, in: Workshop()).failed, "\(query)")
        #expect(failure.reason == reason && !failure.retryable, "\(failure)")
        #expect(failure.message.hasPrefix(Self.field + ".query: "), "\(failure)")
        #expect(!failure.message.contains("$1"), "\(failure)")
        for word in words { #expect(failure.message.contains(word), "\(failure)") }
      }
    }
  }

  @Test func `a connection is refused with the Secret's field, once where it lasts`() async throws {
    try await withSales { server in
      let cases: [(String, String, Bool)] = [
        (server.url.replacing("/postgres?", with: "/nowhere?"), "\"nowhere\" does not exist", false),
        (server.url.replacing("apus@", with: "stranger@"), "\"stranger\" does not exist", false),
        (server.url + "/none", "No such file", true),
      ]
      for (url, words, retryable) in cases {
        let failure = try #require(await run(Self.query, url, in: Workshop()).failed)
        #expect(failure.message.hasPrefix(Self.field + ".connectionSecretRef: "), "\(failure)")
        #expect(failure.message.contains(words), "\(failure)")
        #expect(failure.retryable == retryable, "\(failure)")
      }
    }
  }

  @Test(
    "a pooler gives the same rows, and its own refusals end after one try",
    .enabled(if: TemporaryPooler.program != nil, "pgbouncer is not installed"))
  func pooler() async throws {
    try await withSales { server in
      let pooler = try await TemporaryPooler(server)
      let result = await run(Self.query + " WHERE at > $since", pooler.url(), in: Workshop())
      #expect(result.failed == nil, "\(String(describing: result.failed))")
      for (url, words) in [
        (pooler.url("&options=-c%20search_path%3Dx"), "ALTER ROLE"), (pooler.url(database: "other"), "[databases]"),
      ] {
        let failure = try #require(await run(Self.query, url, in: Workshop()).failed)
        #expect(failure.reason == "SourceUnreadable" && !failure.retryable, "\(failure)")
        #expect(failure.message.contains(words), "\(failure)")
      }
      try await pooler.stop()
    }
  }
}
