import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("Packed documents")
struct DocumentPackerTests {
  /// A Deployment as hundreds of models have one: all alike but for names, uids and versions.
  static func deployment(_ number: Int) -> JSONValue {
    let name = JSONValue.string("model-\(number)")
    return [
      "apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": [
        "name": name, "namespace": "shop", "resourceVersion": .string("\(1000 + number)"),
        "uid": .string("3f0e9b1c-0000-4000-8000-\(String(100_000_000_000 + number))"),
        "labels": ["apus.dev/model": name, "app.kubernetes.io/managed-by": "apus"],
      ],
      "spec": [
        "replicas": 2, "selector": ["matchLabels": ["apus.dev/model": name]],
        "template": [
          "spec": [
            "containers": [
              [
                "name": "server", "image": "apus-server:0.1.0", "args": ["--routing", "/etc/apus/routing.json"],
                "readinessProbe": ["httpGet": ["path": "/ready", "port": "http"], "periodSeconds": 5],
                "resources": ["limits": ["cpu": .number(0.5), "memory": "1Gi"]], "tty": false, "lifecycle": .null,
              ]
            ]
          ]
        ],
      ],
    ]
  }

  @Test("What was packed comes out again: before and after its parts are known to be common")
  func roundTrip() {
    var packer = DocumentPacker()
    let documents = (0..<200).map(Self.deployment)
    let packed = documents.map { packer.pack($0) }
    for (document, bytes) in zip(documents, packed) {
      #expect(DocumentPacker.unpack(bytes, sharing: packer.shared) == document)
    }
    // The first has everything itself; the last has only what is its own.
    #expect(packed[0].count > 400)
    #expect(packed[199].count < 130)
    #expect(packer.shared.count < 100)
  }

  @Test(
    "Every kind of value comes out as it went in",
    arguments: [
      .null, true, false, 0, -1, .integer(.max), .integer(.min), .number(1.5), .number(-0.0), .number(1e300), "",
      "ä\u{0}",
      "3f0e9b1c-aaaa-4000-8000-0123456789ab", "3F0E9B1C-AAAA-4000-8000-0123456789AB", [], [:], [[], [:], ""],
      .string(String(repeating: "long", count: 100_000)),
      ["a": "same text", "b": "same text", "same text": ["same text", "same text"]],
    ] as [JSONValue])
  func value(_ value: JSONValue) {
    var packer = DocumentPacker()
    let first = packer.pack(value)
    #expect(DocumentPacker.unpack(first, sharing: packer.shared) == value)
    for _ in 0..<40 { _ = packer.pack(["of": value]) }
    let later = packer.pack(["of": value])
    #expect(DocumentPacker.unpack(later, sharing: packer.shared) == ["of": value])
    #expect(DocumentPacker.unpack(first, sharing: packer.shared) == value)
  }

  @Test("Bytes that are cut off, or name what the table has not, are nothing")
  func damaged() {
    var packer = DocumentPacker()
    for number in 0..<40 { _ = packer.pack(Self.deployment(number)) }
    let bytes = packer.pack(Self.deployment(40))
    for length in 0..<bytes.count {
      #expect(DocumentPacker.unpack(Array(bytes.prefix(length)), sharing: packer.shared) == nil)
    }
    #expect(DocumentPacker.unpack(bytes, sharing: []) == nil)
  }
}

@Suite("Stores")
struct ObjectStoreTests {
  static let kind = ObjectKind<JSONValue>.untyped(
    GroupVersionKind(apiVersion: "v1", kind: "Thing"),
    GroupVersionResource(group: "", version: "v1", resource: "things"))

  static func store() -> ObjectStore<JSONValue> {
    ObjectStore(indexing: ["app"], fields: ["color": { [$0["color"]?.string].compactMap { $0 } }], decode: { $0 })
  }

  static func item(_ name: String, _ version: Int, _ color: String, owner: String = "o", app: String = "a") throws
    -> ObjectList<JSONValue>.Item
  {
    let object: JSONValue = [
      "kind": "Thing", "color": .string(color),
      "metadata": [
        "name": .string(name), "namespace": "n", "uid": .string("uid-" + name),
        "resourceVersion": .string("\(version)"),
        "labels": ["app": .string(app)],
        "ownerReferences": [["apiVersion": "v1", "kind": "Owner", "name": "x", "uid": .string(owner)]],
      ],
    ]
    let identity = try #require(ObjectIdentity(object))
    return .init(identity: identity, object: object, document: object)
  }

  @Test("Objects are found by owner, label and field, and no longer where they have moved from")
  func indexes() throws {
    let store = Self.store()
    for number in 0..<3 { _ = store.upsert(try Self.item("t\(number)", 1, "red")) }
    #expect(store.keys(.field("color", "red")).map(\.name) == ["t0", "t1", "t2"])
    #expect(store.objects(.ownedBy("o")).count == 3)
    _ = store.upsert(try Self.item("t1", 2, "blue", owner: "p", app: "b"))
    #expect(store.keys(.field("color", "red", namespace: "n")).map(\.name) == ["t0", "t2"])
    #expect(store.keys(.field("color", "red", namespace: "m")).isEmpty)
    #expect(store.objects(.field("color", "blue")).count == 1)
    #expect(store.objects(.label("app", "b")).count == 1)
    #expect(store.objects(.ownedBy("p")).count == 1)
    let gone = try Self.item("t0", 3, "red").identity
    #expect(store.remove(gone)?.change.object["color"] == "red")
    #expect(store.keys(.field("color", "red")).map(\.name) == ["t2"])
    #expect(store.count == 2)
  }

  @Test("An index finds one, few and many objects, up and down")
  func manyUnderOneValue() throws {
    let store = Self.store()
    for number in 0..<20 {
      _ = store.upsert(try Self.item("t\(number)", 1, "red"))
      #expect(store.keys(.field("color", "red")).count == number + 1)
    }
    for number in 0..<20 {
      _ = store.remove(try Self.item("t\(number)", 2, "red").identity)
      #expect(store.keys(.field("color", "red")).count == 19 - number)
      #expect(store.keys(.ownedBy("o")).contains { $0.name == "t\(number)" } == false)
    }
  }

  @Test("A list that comes in pages is seen when it is complete; one that begins anew forgets its pages")
  func pages() throws {
    let store = Self.store()
    store.stage([try Self.item("old", 1, "red")])
    #expect(store.count == 0)
    store.unstage()
    store.stage([try Self.item("one", 1, "red")])
    var list = ObjectList<JSONValue>()
    list.items = [try Self.item("two", 2, "red")]
    list.resourceVersion = "5"
    #expect(store.replace(with: list, .initialList).map(\.identity.key.name) == ["one", "two"])
    #expect(store.keys(.field("color", "red")).map(\.name) == ["one", "two"])
    list.items = [try Self.item("two", 4, "blue")]
    list.resourceVersion = "6"
    let changes = store.replace(with: list, .relist).map { event in
      switch event.change {
      case .added: "+\(event.identity.key.name)"
      case .updated(let old, let new): "\(old["color"]?.string ?? "") to \(new["color"]?.string ?? "")"
      case .deleted: "-\(event.identity.key.name)"
      }
    }
    #expect(changes == ["-one", "red to blue"])
    #expect(store.keys(.field("color", "red")).isEmpty)
    #expect(store.objects.count == 1)
  }
}
