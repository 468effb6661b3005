import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("States of objects")
struct ObjectStatesTests {
  static func map(_ name: String, version: String = "1", uid: String? = nil, app: String = "x") -> JSONValue {
    [
      "metadata": [
        "name": .string(name), "namespace": "a", "uid": .string(uid ?? name), "resourceVersion": .string(version),
        "labels": ["app": .string(app)],
        "ownerReferences": [["apiVersion": "v1", "kind": "Owner", "name": "o", "uid": "owner"]],
      ], "kind": "ConfigMap", "apiVersion": "v1",
    ]
  }

  static func store(_ maps: [JSONValue]) -> ObjectStore<JSONValue> {
    let store = ObjectStore<JSONValue>(
      indexing: ["app"], fields: ["all": { _ in ["yes"] }], decode: { $0 })
    for map in maps {
      guard let identity = ObjectIdentity(map) else { continue }
      store.note(identity, map)
    }
    return store
  }

  @Test("They are the same for the same objects in the same versions, in whatever order these came")
  func same() {
    let maps = (1...20).map { Self.map("m\($0)", version: "\($0)") }
    let (first, second) = (Self.store(maps), Self.store(maps.reversed()))
    #expect(first.states(.ownedBy("owner")) == second.states(.ownedBy("owner")))
    #expect(first.states(.ownedBy("owner")) == first.states(.label("app", "x", namespace: "a")))
    #expect(first.states(.ownedBy("owner")) == first.states(.field("all", "yes")))
    #expect(first.states(.ownedBy("nobody")) == ObjectStates() && first.states(.ownedBy("owner")) != ObjectStates())
    #expect(first.states(.label("app", "x", namespace: "b")) == ObjectStates())
  }

  @Test("Another version, another incarnation, one more and one less tell")
  func others() {
    let key = ObjectKey(namespace: "a", name: "m")
    let worlds = [
      [Self.map("m")], [Self.map("m", version: "2")], [Self.map("m", uid: "reborn")], [Self.map("m"), Self.map("n")],
      [Self.map("n")], [],
    ].map(Self.store)
    #expect(Set(worlds.map { $0.states(.ownedBy("owner")) }).count == worlds.count)
    #expect(Set(worlds.map { $0.states(.key(key)) }).count == 4)
  }

  @Test("Those of all objects tell of each change, and of nothing else")
  func all() throws {
    let store = Self.store([Self.map("m"), Self.map("n")])
    var seen = [store.states(.all)]
    func note(_ map: JSONValue) throws { store.note(try #require(ObjectIdentity(map)), map) }
    for map in [Self.map("m", version: "2"), Self.map("o"), Self.map("m", version: "3")] {
      try note(map)
      seen.append(store.states(.all))
    }
    _ = store.remove(try #require(ObjectIdentity(Self.map("o"))))
    seen.append(store.states(.all))
    #expect(Set(seen).count == seen.count)
    // An older version, and one that is there.
    try note(Self.map("m", version: "1"))
    try note(Self.map("m", version: "3"))
    _ = store.remove(try #require(ObjectIdentity(Self.map("p"))))
    #expect(store.states(.all) == seen.last)
  }

  @Test("A look gives the objects of a query with their states, or their keys alone")
  func look() {
    let store = Self.store((1...12).map { Self.map("m\($0)") } + [Self.map("other", app: "y")])
    let query = StoreQuery.label("app", "x", namespace: "a")
    let (objects, states) = store.look(query)
    #expect(objects.compactMap { ObjectIdentity($0)?.key } == store.keys(query) && objects.count == 12)
    #expect(states == store.states(query) && states != store.states(.all))
    #expect(store.lookAtKeys(query).keys == store.keys(query) && store.lookAtKeys(query).states == states)
    #expect(store.look(.key(ObjectKey(namespace: "a", name: "gone"))).objects.isEmpty)
    #expect(store.objects(.all).count == 13)
  }
}
