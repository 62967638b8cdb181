package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	luajson "layeh.com/gopher-json"
)

// Argo CD gives scripts of its ConfigMap these libraries and no others: no string, no math.
var libraries = []struct {
	name string
	open lua.LGFunction
}{
	{lua.LoadLibName, lua.OpenPackage},
	{lua.BaseLibName, lua.OpenBase},
	{lua.TabLibName, lua.OpenTable},
}

func runLua(object map[string]any, script string) (answer, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return answer{}, err
		}
	}
	// As long as Argo CD gives a script.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return answer{}, err
	}
	returned := state.Get(-1)
	if returned.Type() != lua.LTTable {
		return answer{}, fmt.Errorf("expect table output from Lua script, not %s", returned.Type())
	}
	encoded, err := luajson.Encode(returned)
	if err != nil {
		return answer{}, err
	}
	return read(encoded, object)
}

// A table with a status is a health; one with a kind is the object, changed by an action; anything else is passed on as it is.
func read(encoded []byte, object map[string]any) (answer, error) {
	given := answer{Returned: encoded}
	var table map[string]any
	if err := json.Unmarshal(encoded, &table); err != nil {
		return given, nil // a list, which is what an empty table becomes
	}
	if _, isObject := table["kind"]; isObject {
		live, err := json.Marshal(object)
		if err != nil {
			return answer{}, err
		}
		changed, err := json.Marshal(withEmptyMaps(table, object))
		if err != nil {
			return answer{}, err
		}
		given.Patch, err = jsonpatch.CreateMergePatch(live, changed)
		return given, err
	}
	return given, json.Unmarshal(encoded, &given)
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch known := value.(type) {
	case bool:
		return lua.LBool(known)
	case string:
		return lua.LString(known)
	case int64:
		return lua.LNumber(known)
	case float64:
		return lua.LNumber(known)
	case []any:
		list := state.CreateTable(len(known), 0)
		for _, item := range known {
			list.Append(toLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(known))
		for key, item := range known {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	}
	return lua.LNil
}

// Lua has one kind of empty table, which comes back as a list. Where the object had an empty map, it has one again, as in Argo CD.
func withEmptyMaps(changed, object any) any {
	switch now := changed.(type) {
	case map[string]any:
		before, _ := object.(map[string]any)
		for key, value := range now {
			if old, known := before[key]; known {
				now[key] = withEmptyMaps(value, old)
			}
		}
	case []any:
		if before, wasMap := object.(map[string]any); wasMap && len(now) == 0 {
			return before
		}
		before, _ := object.([]any)
		for i := 0; i < len(now) && i < len(before); i++ {
			now[i] = withEmptyMaps(now[i], before[i])
		}
	}
	return changed
}
