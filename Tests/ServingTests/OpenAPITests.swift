import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Serving

struct OpenAPITests {
  private static let hasValidator = PythonEnvironment.has("openapi_spec_validator")

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
      let hours = try #require(members["hours"]?["anyOf"] as? [[String: Any]])
      // As it is written: reading it, Foundation loses the last digit.
      let largest = Double(Float.greatestFiniteMagnitude)
      #expect(
        hours[0]["maximum"] is Double && reply.text.contains(#""maximum":\#(largest)"#), "other hours are predicted too"
      )
      #expect((hours[1]["enum"] as? [Any])?.contains { $0 as? String == "NA" } == true)
      #expect(
        members["hours"]?["description"] as? String == "Expected from 1.0 to 99.0; others are predicted and counted.")
      #expect(members["work"]?["enum"] as? [String] == ["Private", "State"])
      #expect(members["zone"]?["examples"] as? [String] == ["1", "2"])
      let zone = try #require(members["zone"]?["anyOf"] as? [[String: Any]])
      #expect(zone[1]["enum"] as? [Int] == [1, 2], "a number stands for the category of its text")

      // Each path that is described leads somewhere, and each endpoint is described.
      let paths = try #require(reply.json["paths"] as? [String: [String: Any]])
      for (path, operations) in paths {
        let route = RouteTable.route(path[...], on: .public)
        try #require(!route.isNowhere, "\(path)")
        #expect(operations.keys.map { $0.uppercased() } == [route.method.rawValue], "\(path)")
      }
      let offered = RouteTable.endpoints.filter { $0.access.isOffered(by: .public) }
      #expect(Set(paths.keys) == Set(offered.flatMap(\.paths)))
    }
  }

  @Test func `each port describes what it has, and the token that it asks for`() async throws {
    try await withServer(tokens: "secret") { server in
      let admin = try await server.request("GET", "/openapi.json", admin: true).json
      let paths = try #require(admin["paths"] as? [String: [String: [String: Any]]])
      #expect(Set(paths.keys) == Set(RouteTable.endpoints.flatMap(\.paths)))
      #expect(paths["/logs"]?["get"]?["security"] == nil)
      let responses = paths["/model/reload"]?["post"]?["responses"] as? [String: Any]
      #expect(
        Set((responses ?? [:]).keys) == ["200", "400", "408", "409", "413", "415", "422", "431", "501", "503"])
      let parameters = paths["/logs"]?["get"]?["parameters"] as? [[String: Any]] ?? []
      #expect(parameters.compactMap { $0["name"] as? String }.contains("cursor"))

      let bearer = ["Authorization": "Bearer secret"]
      let open = try await server.request("GET", "/openapi.json", headers: bearer).json
      let operations = try #require(open["paths"] as? [String: [String: [String: Any]]])
      #expect(operations["/logs"] == nil && operations["/model/reload"] == nil)
      for (path, isOpen) in [("/health", true), ("/ready", true), ("/metrics", false), ("/model/info", false)] {
        let operation = operations[path]?["get"]
        #expect((operation?["security"] == nil) == isOpen, "\(path)")
        #expect(((operation?["responses"] as? [String: Any])?["401"] == nil) == isOpen, "\(path)")
        #expect((operation?["responses"] as? [String: Any])?["403"] == nil, "any token will do: \(path)")
      }
      #expect((operations["/predict"]?["post"]?["responses"] as? [String: Any])?["403"] != nil)
    }
  }

  /// As a reader of the document sees it: each reference leads somewhere.
  @Test func `no reference leads nowhere`() async throws {
    try await withServer { server in
      let reply = try await server.request("GET", "/openapi.json", admin: true)
      let components = try #require(reply.json["components"] as? [String: [String: Any]])
      for match in reply.text.matches(of: #/"#/components/([a-z]+)/([A-Za-z0-9_]+)"/#) {
        #expect(components[String(match.1)]?[String(match.2)] != nil, "\(match.0)")
      }
    }
  }

  @Test(.enabled(if: hasValidator, "needs .venv with openapi-spec-validator: scripts/python-environment"))
  func `the document is valid OpenAPI 3_1`() async throws {
    try await withServer { server in
      let file = server.folder.appending(path: "openapi.json")
      try await server.request("GET", "/openapi.json").body.write(to: file)
      let script = """
        import json, sys
        from openapi_spec_validator import OpenAPIV31SpecValidator
        OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).validate()
        """
      let outcome = try await PythonTool.run(script, file.path)
      #expect(outcome.isGood, "\(outcome.text)")
      try Data(#"{"openapi":"3.1.0"}"#.utf8).write(to: file)
      #expect(try await !PythonTool.run(script, file.path).isGood, "the validator refuses what is wrong")
    }
  }

  @Test func `without a model there is no document`() async throws {
    try await withServer(isServing: false) { server in
      let reply = try await server.request("GET", "/openapi.json")
      #expect(reply.code == 503)
    }
  }
}
