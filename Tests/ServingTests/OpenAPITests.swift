import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Serving

struct OpenAPITests {
  private static let hasValidator = run(["-c", "import openapi_spec_validator"]) == 0

  /// Runs python3 and returns its status; -1 where there is none.
  private static func run(_ arguments: [String]) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test func `the document describes the model's features and every path of the public port`() async throws {
    try await withServer { server in
      let reply = try await server.request("GET", "/openapi.json")
      #expect(reply.code == 200)
      #expect(reply.headers["content-type"] == "application/json")
      #expect(reply.json["openapi"] as? String == "3.1.0")
      let schemas = (reply.json["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
      let features = try #require(schemas?["Features"])
      #expect(features["required"] as? [String] == ["age", "work", "zone"])
      #expect(features["additionalProperties"] as? Bool == false)
      let members = try #require(features["properties"] as? [String: [String: Any]])
      #expect(members.count == 6)
      #expect(members["age"]?["minimum"] as? Double == 0)
      #expect(members["age"]?["maximum"] as? Double == 120)
      #expect(members["hours"]?["type"] as? [String] == ["number", "null"])
      #expect(members["hours"]?["maximum"] == nil, "other hours are predicted too")
      #expect(
        members["hours"]?["description"] as? String == "Expected from 1.0 to 99.0; others are predicted and counted.")
      #expect(members["work"]?["enum"] as? [String] == ["Private", "State"])
      #expect(members["zone"]?["examples"] as? [String] == ["1", "2"])

      // Each path that is described leads somewhere, and each endpoint is described.
      let paths = try #require(reply.json["paths"] as? [String: [String: Any]])
      var described: Set<Endpoint> = []
      for (path, operations) in paths {
        let route = Route(path[...], face: .public)
        #expect(operations.keys.map { $0.uppercased() } == [route.endpoint.method.rawValue], "\(path)")
        described.insert(route.endpoint)
      }
      #expect(described == Set(Endpoint.allCases).subtracting([.none, .reload, .logs]))
    }
  }

  @Test(.enabled(if: hasValidator, "needs openapi-spec-validator for python3"))
  func `the document is valid OpenAPI 3_1`() async throws {
    try await withServer { server in
      let file = server.folder.appending(path: "openapi.json")
      try await server.request("GET", "/openapi.json").body.write(to: file)
      let script = """
        import json, sys
        from openapi_spec_validator import OpenAPIV31SpecValidator
        OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).validate()
        """
      #expect(Self.run(["-c", script, file.path]) == 0)
      try Data(#"{"openapi":"3.1.0"}"#.utf8).write(to: file)
      #expect(Self.run(["-c", script, file.path]) != 0, "the validator refuses what is wrong")
    }
  }

  @Test func `without a model there is no document`() async throws {
    try await withServer(isServing: false) { server in
      let reply = try await server.request("GET", "/openapi.json")
      #expect(reply.code == 503)
    }
  }
}
