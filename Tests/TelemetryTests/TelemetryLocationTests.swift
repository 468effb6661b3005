import Foundation
import GRDB
import Telemetry
import TestSupport
import Testing

struct TelemetryLocationTests {
  @Test func `a location is a SQLite file or a PostgreSQL URL, and nothing else`() throws {
    #expect(try TelemetryLocation("sqlite:///var/lib/a%20b.sqlite") == .sqlite(path: "/var/lib/a b.sqlite"))
    #expect(try TelemetryLocation("postgres://u:p@host/db") == .postgres(url: "postgres://u:p@host/db"))
    // A Secret made from a file ends with a line end.
    #expect(try TelemetryLocation("postgres://u:p@host/db\r\n") == .postgres(url: "postgres://u:p@host/db"))
    for text in [
      "", "sqlite", "sqlite:///", "sqlite:///folder/", "sqlite://relative", "mysql://x/y", "postgres:x",
      "postgres://h/sa\nles",
    ] {
      #expect(throws: TelemetryError.self, "\(text)") { try TelemetryLocation(text) }
    }
  }

  @Test func `no error repeats a password`() async throws {
    for url in [
      "postgres://apus:s3cret%@127.0.0.1:1/db", "postgres://apus:s3cret@127.0.0.1:1/db?connect_timeout=1",
      "postgres://apus:s3cret/x@127.0.0.1:1/db", "postgres://apus:x@s3cret@127.0.0.1:1/db", "apus s3cret",
    ] {
      do throws(TelemetryError) {
        try await openTelemetryStore(at: url).prepare()
        Issue.record("nothing listens there")
      } catch {
        #expect(!error.description.contains("s3cret"), "\(error)")
      }
    }
  }

  @Test(.enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func `a PostgreSQL server that goes away makes the store unavailable, and is found again`() async throws {
    try await withPostgres { server in
      let store = try openTelemetryStore(at: server.url)
      try await store.append([aPrediction("a")], of: census)
      try await server.interrupt()
      do throws(TelemetryError) {
        try await store.append([aPrediction("b")], of: census)
        Issue.record("nothing is there")
      } catch {
        #expect(error.isTransient, "\(error)")
      }
      try await server.start()
      try await acceptsConnections(server)
      try await store.append([aPrediction("b")], of: census)
      // A restart that nobody noticed: the connection looks well until it is used.
      try await server.interrupt()
      try await server.start()
      try await acceptsConnections(server)
      try await store.append([aPrediction("c")], of: census)
      #expect(try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID) == ["a", "b", "c"])
      await store.close()
    }
  }

  @Test func `a table that is gone is no fault of the rows, which may come again when it is back`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-telemetry-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try openTelemetryStore(at: "sqlite://\(folder.path)/t.sqlite")
    try await store.append([aPrediction("a")], of: census)
    let other = try DatabaseQueue(path: "\(folder.path)/t.sqlite")
    try await other.write { try $0.execute(sql: "DROP VIEW labelled_predictions; ALTER TABLE predictions RENAME TO p") }
    do throws(TelemetryError) {
      try await store.append([aPrediction("b")], of: census)
      Issue.record("the table is gone")
    } catch {
      #expect(error.isTransient, "\(error)")
    }
    try await other.write { try $0.execute(sql: "ALTER TABLE p RENAME TO predictions") }
    try await store.append([aPrediction("b")], of: census)
    #expect(try await store.predictions(PredictionQuery(model: census)).count == 2)
    await store.close()
  }

  @Test func `a file that was removed is made anew, a folder that is none makes the store unavailable`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-telemetry-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try openTelemetryStore(at: "sqlite://\(folder.path)/t.sqlite")
    try await store.append([aPrediction("a")], of: census)
    try FileManager.default.removeItem(at: folder)
    try Data().write(to: folder)
    do throws(TelemetryError) {
      try await store.append([aPrediction("b")], of: census)
      Issue.record("the folder is a file")
    } catch {
      #expect(error.isTransient)
    }
    try FileManager.default.removeItem(at: folder)
    try await store.append([aPrediction("b")], of: census)
    #expect(try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID) == ["b"])
    await store.close()
  }
}
